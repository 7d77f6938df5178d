import { frameParameters } from '@/lib/client/frame';

/** What somebody typed: it may hold a part of a query's text, and so is told to nobody. */
const typed = new Set(['filter', 'search']);
const idLike = /^[\w:.,+-]{1,100}$/;
const longestName = 63;
const longestTitle = 200;

const serverId = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * A path of the deck that a portal may lead to: a page of a server with its query, as `/main/locks?database=shop`;
 * undefined for everything else: an address, another route, a way around.
 */
export function readPath(path: string, slugs: readonly string[]): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be in an address
  if (/[\\#\u0000-\u0020\u007f]|\/\/|\.\./.test(path.split('?')[0] ?? '') || /[\\#\u0000-\u001f]/.test(path))
    return undefined;
  const [, server = '', slug = '', ...rest] = (path.split('?')[0] ?? '').split('/');
  if (!path.startsWith('/') || rest.length > 0 || !serverId.test(server) || !slugs.includes(slug)) return undefined;
  const search = new URLSearchParams(path.slice(path.indexOf('?') + 1 || path.length));
  for (const name of [...frameParameters, 'token']) search.delete(name);
  const text = search.toString();
  return `/${server}/${slug}${text && `?${text}`}`;
}

/** A page's path as its portal is told: ids, times and orders, but neither what belongs to the frame nor what was typed. */
export function toldPath(path: string, search: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const [name, value] of search)
    if (name === 'database' ? value.length <= longestName : isTold(name, value)) kept.set(name, value);
  const text = kept.toString();
  return text ? `${path}?${text}` : path;
}

function isTold(name: string, value: string): boolean {
  return !frameParameters.includes(name) && !typed.has(name) && idLike.test(name) && idLike.test(value);
}

/** A page's title as its portal is told. */
export function toldTitle(title: string): string {
  return title.slice(0, longestTitle);
}
