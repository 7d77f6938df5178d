/**
 * Runs before the first paint, from an inline script with the page's nonce: theme and density as this browser remembers
 * them, so that nothing flashes. Kept in step with preferences.ts.
 */
export const lookScript = `(function(){var r=document.documentElement,p={};try{p=JSON.parse(localStorage.getItem('pgdeck')||'{}')}catch(e){}
var t=p.theme;r.dataset.theme=t&&t!=='system'?t:matchMedia('(prefers-color-scheme: dark)').matches?'dark':'light';
if(p.density&&p.density!=='auto')r.dataset.density=p.density})()`;
