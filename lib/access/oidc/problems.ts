/** Why a sign-in did not lead in: `/signin?error=<code>`, with what the page says. */
export const signInProblems = {
  no_role: 'You are signed in, but this pgdeck gives you no role. Ask whoever runs it for one.',
  no_name: 'The provider did not say who you are in a way that can be used (the claim PGDECK_OIDC_NAME_CLAIM).',
  groups: 'The provider did not say your groups in a way that can be used (the claim PGDECK_OIDC_GROUPS_CLAIM).',
  too_many: 'You are in too many of the groups that this pgdeck knows for one session. Ask whoever runs it.',
  refused: 'The provider did not sign you in.',
  provider:
    'The provider of sign-in does not answer as it should. Try again in a moment; the log of pgdeck tells more.',
  expired:
    'This sign-in took longer than ten minutes, was begun in another tab, or its cookie did not come back. Try again, from pgdeck’s own address.',
  failed: 'What the provider sent does not fit this sign-in. Try again.',
} as const;

/** Which of them it was. */
export type SignInProblem = keyof typeof signInProblems;

/** What the sign-in page says to an `error` of its address; undefined for one that is none of ours. */
export function signInProblem(code: string | null | undefined): string | undefined {
  return code && Object.hasOwn(signInProblems, code) ? signInProblems[code as SignInProblem] : undefined;
}

/** A sign-in that does not lead in; `person` is who the provider says it was, where that is known. */
export class SignInRefused extends Error {
  override name = 'SignInRefused';
  /** Where they wanted to go, where that is known. */
  next = '/';

  constructor(
    readonly problem: SignInProblem,
    readonly person?: string,
    options?: ErrorOptions,
  ) {
    super(signInProblems[problem], options);
  }
}
