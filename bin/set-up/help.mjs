/** A connection as people write one. */
export const exampleUrl = 'postgres://user:password@host:5432/database';

/** What `pgdeck --help` says. */
export const help = `pgdeck: a dashboard for the people who keep PostgreSQL servers running

  npm start                      watch the server of DATABASE_URL, PGHOST or PGDECK_CONFIG; the demo when none is named
  npm start -- --demo            the demo in any case
  npm run dev                    the demo with hot reload, for working on pgdeck
  npm run demo:reset             delete the demo's data; the next start makes it anew
  npm run bench                  what pgdeck costs the server that it watches
  npx pgdeck doctor [URL]        what pgdeck's role can see, what is missing, and the SQL that mends it
                                 (exit code 0: nothing missing, 1: something missing or not reachable)
  npx pgdeck history migrate --to URL
                                 copy the history that pgdeck keeps in its state folder to a PostgreSQL of yours
                                 (exit code 0: every row is there, 1: it is not)
  npx pgdeck audit verify [--state-dir DIR] [--head HASH]
                                 check that no line of the audit was changed or removed; pgdeck may run meanwhile
                                 (exit code 0: the chain holds, 1: it does not)
  npx pgdeck config check [FILE]
                                 what is wrong with pgdeck.config.json and the settings, and what they mean; nothing is asked
                                 (exit code 0: pgdeck would start with them, 1: it would not)
  npx pgdeck user …              who signs in with a password; npx pgdeck user tells more
  npx pgdeck token …             tokens for scripts; npx pgdeck token tells more

Settings are environment variables, also read from the file .env; docs/settings.md lists them. The first ones:
  DATABASE_URL=${exampleUrl}   PGDECK_PORT=8432   PGDECK_STATE_DIR=…
`;

/** What `pgdeck history` says. */
export const historyHelp = `pgdeck keeps its history in a PostgreSQL of its own below PGDECK_STATE_DIR, or in the one of PGDECK_HISTORY_URL

  npx pgdeck history migrate --to ${exampleUrl}
                                 copy the first to a PostgreSQL of yours (14 to 18, an empty database); the source stays
                                 as it is, and a copy that was interrupted goes on. Stop pgdeck before.
                                 (exit code 0: every row is there, 1: it is not)

What is kept, how long and how large it is: docs/history.md
`;

/** What `pgdeck audit` says. */
export const auditHelp = `pgdeck writes down who did what, in lines that hang together by their hashes

  npx pgdeck audit verify [--state-dir DIR] [--head HASH]
                                 check that no line was changed, removed or moved; nothing is written, and pgdeck may run.
                                 --state-dir: of which pgdeck, instead of PGDECK_STATE_DIR
                                 --head: the hash of a line that has to be there, such as the last one of an earlier check
                                 (exit code 0: the chain holds, 1: it does not)

What stands in a line: docs/actions.md
`;

/** What `pgdeck config` says. */
export const configHelp = `pgdeck watches the servers of the file that PGDECK_CONFIG names, or the one of DATABASE_URL or PGHOST

  npx pgdeck config check [FILE]
                                 tell all that is wrong with FILE (left out: the one of PGDECK_CONFIG) and with the settings
                                 of the environment and of .env, or else what they mean, without passwords. No server is
                                 asked, and a pgdeck that runs is not touched.
                                 (exit code 0: pgdeck would start with them, 1: it would not)

A pgdeck that runs reads the file again on SIGHUP; it then checks it in the same way. What stands in it: docs/connect.md
`;

/** What `pgdeck user` says. */
export const userHelp = `Who signs in with a password, where pgdeck runs with PGDECK_AUTH=password; each change counts at once, also while it runs

  npx pgdeck user add NAME --role viewer|operator|admin
                                 a new user; the password (at least 12 characters) is asked for on the terminal
  npx pgdeck user list           who there is, with their role
  npx pgdeck user role NAME ROLE another role
  npx pgdeck user password NAME  another password; sessions with the old one end
  npx pgdeck user remove NAME    their sessions end

  --password-stdin               of add and password: take the first line of the input, without asking
  --print                        of add: print the entry for PGDECK_USERS instead of keeping it
  --state-dir DIR                of which pgdeck, instead of PGDECK_STATE_DIR

They are kept in users.json of the state folder, which nobody else may read: docs/access.md
`;

/** What `pgdeck token` says. */
export const tokenHelp = `Tokens for scripts and monitoring, sent as Authorization: Bearer …; each change counts at once, also while pgdeck runs

  npx pgdeck token create NAME --role viewer|operator|admin [--servers a,b] [--days N]
                                 print a new token, which is not shown again; of these servers only, and so long only
  npx pgdeck token list          which there are, without themselves
  npx pgdeck token revoke NAME   it is not taken any more

  --print                        of create: print the entry for PGDECK_TOKENS instead of keeping it
  --state-dir DIR                of which pgdeck, instead of PGDECK_STATE_DIR

Their hashes are kept in tokens.json of the state folder, which nobody else may read: docs/access.md
`;
