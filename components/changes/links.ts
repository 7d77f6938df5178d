/** How long before and after a change is looked at, in seconds. */
const around = 1800;

/** The page that compares the half hour before a moment with the half hour after it, or what there is of it. */
export function compareAround(server: string, at: number, nowSeconds: number): string {
  const moment = Math.round(at);
  const end = Math.max(moment + 60, Math.min(moment + around, Math.floor(nowSeconds)));
  const query = new URLSearchParams({ a: `${moment - around},${moment}`, b: `${moment},${end}` });
  return `/${encodeURIComponent(server)}/compare?${query}`;
}

/** The Load page as of a moment, with half an hour to each side of it. */
export function momentHref(server: string, at: number): string {
  const moment = Math.round(at);
  const query = new URLSearchParams({
    from: String(moment - around),
    to: String(moment + around),
    at: String(moment),
  });
  return `/${encodeURIComponent(server)}/load?${query}`;
}
