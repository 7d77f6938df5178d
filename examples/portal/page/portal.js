const { deck, server } = document.body.dataset;
const place = new URL(location.href);
const tab = place.searchParams.get('tab') ?? 'deck';
const theme = document.querySelector('#theme');
const notice = document.querySelector('#notice');

// One tab is a single panel; the other one is the whole deck (`nav`), which begins where the portal's address says.
const src = new URL(`${deck}/embed/${server}/sessions?panel=connections-by-state`);
if (tab === 'deck') {
  src.href = `${deck}/embed${place.searchParams.get('path') ?? `/${server}/overview`}`;
  src.searchParams.set('nav', '1');
}

async function getToken() {
  const response = await fetch('/pgdeck-token', { method: 'POST' });
  if (response.status === 401)
    throw new Error('You are signed out of the portal. Sign in again in another tab: this page then goes on.');
  if (!response.ok) throw new Error(`The portal gave no token (${response.status}).`);
  return (await response.json()).token;
}

const frame = window.pgdeck.mount(document.querySelector('#deck'), {
  src: src.href,
  title: 'Databases',
  theme: theme.value,
  getToken,
  onNavigate(path, title) {
    document.title = `${title} · Portal`;
    if (tab !== 'deck') return;
    place.searchParams.set('path', path);
    history.replaceState(null, '', place);
  },
  onToast(text) {
    notice.textContent = text;
  },
  onError(error) {
    notice.textContent = error.message;
  },
});

theme.addEventListener('change', () => frame.setTheme(theme.value));
const locks = document.querySelector('#locks');
locks.addEventListener('click', () => frame.navigate(`/${server}/locks`));
locks.disabled = false; // a click before this script ran would be lost
for (const link of document.querySelectorAll('nav a'))
  if (new URL(link.href).searchParams.get('tab') === tab) link.setAttribute('aria-current', 'page');
