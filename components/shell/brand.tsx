/** The mark and the name of pgdeck. */
export function Brand() {
  return (
    <>
      <svg viewBox="0 0 18 18" fill="none" aria-hidden="true">
        <rect x="1" y="1" width="16" height="16" rx="4" fill="var(--accent)" />
        <path d="M5 12.5V8m4 4.5v-7m4 7V10" stroke="var(--on-accent)" strokeWidth="2" strokeLinecap="round" />
      </svg>
      pgdeck
    </>
  );
}
