const { deck, server } = document.body.dataset;
const place = new URL(location.href);
const tab = place.searchParams.get('tab') ?? 'deck';
const theme = document.querySelector('#theme');
const notice = document.querySelector('#notice');

// A panel fills its own tab; the whole deck begins where the portal's address says.
const begin =
  tab === 'panel' ? `/${server}/panel/connections` : (place.searchParams.get('path') ?? `/${server}/overview`);

async function getToken() {
  const response = await fetch('/pgdeck-token', { method: 'POST' });
  if (response.status === 401)
    throw new Error('You are signed out of the portal. Sign in again in another tab: this page then goes on.');
  if (!response.ok) throw new Error(`The portal gave no token (${response.status}).`);
  return (await response.json()).token;
}

const frame = window.pgdeck.mount(document.querySelector('#deck'), {
  src: `${deck}/embed${begin}`,
  title: 'Databases',
  theme: theme.value,
  getToken,
  onNavigate(path, title) {
    document.title = `${title} · Portal`;
    if (tab === 'panel') return;
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
document.querySelector('#locks').addEventListener('click', () => frame.navigate(`/${server}/locks`));
for (const link of document.querySelectorAll('nav a'))
  if (new URL(link.href).searchParams.get('tab') === tab) link.setAttribute('aria-current', 'page');
