import type { AnyContract } from './contract';

/** What failures mean wherever a route does not say more, by HTTP status. */
export const commonFailures = {
  400: 'The input is not what it has to be, or a parameter is not one of these; `field` names it (`bad_input`).',
  401: 'Nobody is recognised: sign in, or send a token.',
  403: 'Your role or a rule does not allow it, or another site asked.',
  404: 'What the path or a parameter names is not there, or not for you.',
  413: 'The body is larger than 256 KB.',
  415: 'The body is not application/json.',
  429: 'Too many requests of this kind are under way, or it was asked just now (`busy`).',
  500: "A bug of pgdeck's; its log tells more under the request id.",
  503: 'The watched server or the history cannot be asked now, or the audit cannot be written.',
  504: 'It took too long, or something is locked.',
};

/** Which failures a route can have, with what each means there. */
export function failuresOf({ method, path, role, heavy, failures }: AnyContract): { [status: string]: string } {
  const sends = method !== 'GET';
  const known = role !== 'open';
  const can: { [Status in keyof typeof commonFailures]: boolean } = {
    400: true,
    401: known,
    403: true,
    404: path.includes('{'),
    413: sends,
    415: sends,
    429: known || sends || heavy === true,
    500: true,
    503: known && (heavy === true || sends || path.includes('{server}')),
    504: known && (heavy === true || sends),
  };
  const common = Object.entries(commonFailures).filter(([status]) => can[Number(status) as keyof typeof can]);
  return { ...Object.fromEntries(common), ...failures };
}
