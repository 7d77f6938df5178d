import { z } from 'zod';
import { roles } from '@/lib/config-access';
import { runtime } from '@/lib/runtime';
import { seal, unseal } from '../sealed';
import { lesser, notSignedIn, type User } from '../user';

/** How long a frame is signed in by one token of its portal, in seconds. */
export const bearerSeconds = 600;

const shape = z.strictObject({
  v: z.literal(1),
  portal: z.string(),
  sub: z.string(),
  role: z.enum(roles),
  servers: z.array(z.string()).optional(),
  pages: z.array(z.string()).optional(),
  origin: z.string(),
  epoch: z.number().int(),
});

/** Who a frame's bearer stands for, in which portal, and what it was made for. */
export type Embedded = z.infer<typeof shape>;

/** The bearer of a frame. */
export function sealBearer(embedded: Embedded): Promise<string> {
  return seal('embed', embedded, bearerSeconds);
}

/** The person behind a bearer as the rest of pgdeck knows people: `embed:<portal>:<person>` in the audit. */
export function userOf({ portal, sub, role, servers, pages }: Embedded): User {
  return { name: `embed:${portal}:${sub}`, role, mode: 'embed', only: { servers, pages } };
}

/** Who a bearer of an embedded page is; 401 where it is not one of ours or has ended. */
export async function userOfEmbed(bearer: string): Promise<User> {
  const { iss, aud, iat, exp, ...sealed } = (await unseal('embed', bearer)) ?? {};
  const embedded = shape.safeParse(sealed).data;
  const { embed, sessionEpoch } = runtime().config.access;
  // What the settings take back holds at once, whatever the bearer says.
  if (
    !embedded ||
    embedded.portal !== embed?.issuer ||
    !embed.origins.includes(embedded.origin) ||
    embedded.epoch !== sessionEpoch
  )
    throw notSignedIn('This bearer token has ended or is not known here.', 'session_expired');
  return userOf({ ...embedded, role: lesser(embedded.role, embed.maxRole) });
}
