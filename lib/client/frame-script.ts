/**
 * Runs first of all in a portal's frame, from an inline script with the page's nonce. It takes the token out of the
 * address before anything is asked for, and says so where the portal's `sandbox` leaves no page to speak of: without an
 * origin of its own nothing else of this document is let in.
 */
export const frameScript = `(function(){var m=/^#token=([\\w.-]+)$/.exec(location.hash);
if(location.hash.indexOf('#token=')===0)history.replaceState(history.state,'',location.pathname+location.search);
if(m)Object.defineProperty(window,'pgdeckToken',{value:m[1],configurable:true});
if(self.origin==='null')document.addEventListener('DOMContentLoaded',function(){var p=document.createElement('p');p.setAttribute('role','alert');
p.style.cssText='margin:16px;font:14px/22px system-ui,sans-serif';p.textContent='pgdeck cannot be shown: the sandbox of this frame lacks allow-same-origin. The portal has to write sandbox="allow-same-origin allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads", or leave sandbox out.';
document.body.replaceChildren(p)})})();`;

type Kept = { pgdeckToken?: string };

/** The token that the address of the frame brought, once. */
export function takeToken(from: object = window): string | undefined {
  const { pgdeckToken } = from as Kept;
  delete (from as Kept).pgdeckToken;
  return pgdeckToken;
}
