/** A sentence of the description, in which names stand between backticks. */
export function Words({ text }: { text: string }) {
  const pieces = text.split('`');
  // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text that stays as it is
  return pieces.map((piece, index) => (index % 2 === 1 ? <code key={index}>{piece}</code> : piece));
}
