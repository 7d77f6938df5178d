import { z } from 'zod';
import { defineContract } from './contract';
import { role } from './parts';

/** Why nothing that asks for a role can be done, in a sentence; null: it can. */
export const whyNot = z
  .strictObject({ operator: z.string().nullable(), admin: z.string().nullable() })
  .meta({ id: 'WhyNot', description: 'Why nothing that asks for a role can be done, in a sentence; null: it can.' });

/** What somebody may see and do on one server. */
export const sessionServer = z
  .strictObject({
    role,
    databases: z.array(z.string()).nullable().describe('The databases that they may see; null: all.'),
    queryText: z
      .enum(['plain', 'reveal', 'masked', 'hidden'])
      .describe("How they see texts of statements: as they are, masked with 'Reveal', masked, or not at all."),
    whyNot,
    whyNotIn: z
      .record(z.string(), whyNot)
      .optional()
      .describe('By database, only where it differs from one to another.'),
  })
  .meta({ id: 'SessionServer', description: 'What somebody may see and do on one server.' });

/** Answer of `GET /api/session`: who asks, until when, and what they may do. */
export const sessionAnswer = z
  .strictObject({
    user: z.strictObject({
      name: z.string(),
      role,
      mode: z.enum(['local', 'anonymous', 'password', 'oidc', 'proxy', 'token', 'embed']),
    }),
    now: z.string().describe("When this was answered, by pgdeck's clock: a browser's may be wrong."),
    expiresAt: z.string().nullable().describe('ISO 8601; null where there is no session that could end.'),
    idleExpiresAt: z.string().nullable().describe('When it ends where nothing is done until then.'),
    servers: z.record(z.string(), sessionServer).describe('By the id of the server.'),
  })
  .meta({ id: 'Session', description: 'Who asks, until when, and what they may do.' });

/** `GET /api/session`: who I am, and what I may do on each server. */
export const session = defineContract({
  method: 'GET',
  path: '/api/session',
  title: 'Who I am',
  summary: 'Who asks, until when, and what they may see and do on each server.',
  role: 'viewer',
  answers: { 200: { what: 'Who you are.', json: sessionAnswer } },
});

/** `POST /api/session`: signs in by name and password. */
export const signIn = defineContract({
  method: 'POST',
  path: '/api/session',
  title: 'Sign in',
  summary: 'Signs in by name and password, where PGDECK_AUTH is password; the answer sets the cookie of the session.',
  role: 'open',
  body: z.strictObject({
    name: z.string().max(256),
    password: z.string().max(1024),
  }),
  answers: { 200: { what: 'You are signed in.', json: sessionAnswer } },
  failures: { 401: 'Name or password is wrong.', 404: 'Nobody signs in with a password here.' },
});

/** `DELETE /api/session`: signs out; the session is not taken any more. */
export const signOut = defineContract({
  method: 'DELETE',
  path: '/api/session',
  title: 'Sign out',
  summary: 'Ends the session: its cookie is not taken any more, by nobody.',
  role: 'open',
  answers: {
    200: {
      what: 'You are signed out.',
      json: z.strictObject({
        next: z.string().nullable().describe('Where the provider of sign-in ends its own session; null: nowhere.'),
      }),
    },
  },
});

/** `POST /api/session/extend`: somebody did something; the session does not end for idleness for another hour. */
export const extendSession = defineContract({
  method: 'POST',
  path: '/api/session/extend',
  title: 'Extend the session',
  summary: 'Says that somebody is there: the session does not end for idleness for another hour.',
  role: 'viewer',
  answers: { 200: { what: 'It was extended.', json: sessionAnswer } },
  failures: { 409: 'There is no session here that could end (`no_session`).' },
});

/** `GET /api/oidc/start`: to the provider of sign-in. */
export const oidcStart = defineContract({
  method: 'GET',
  path: '/api/oidc/start',
  title: 'Sign in at the provider',
  summary: 'Leads a browser to the provider of sign-in, where PGDECK_AUTH is oidc.',
  role: 'open',
  heavy: true,
  query: z.strictObject({
    next: z.string().optional().describe('The path to come back to.'),
    again: z.literal('1').optional().describe('The provider asks for the password again.'),
  }),
  answers: { 302: { what: 'To the provider, or to the sign-in page with the reason.' } },
  failures: { 404: 'Nobody signs in at a provider here.' },
});

/** `GET /api/oidc/callback`: back from the provider of sign-in. */
export const oidcCallback = defineContract({
  method: 'GET',
  path: '/api/oidc/callback',
  title: 'Back from the provider',
  summary: 'Where the provider of sign-in sends a browser back to; not for programs.',
  role: 'open',
  heavy: true,
  query: z.looseObject({
    code: z.string().optional().describe('As OpenID Connect has it.'),
    state: z.string().optional().describe('As OpenID Connect has it.'),
  }),
  answers: { 302: { what: 'To the page that was wanted, or to the sign-in page with the reason why not.' } },
  failures: { 404: 'Nobody signs in at a provider here.' },
});
