import { withBasePath } from './base-path';
import { senderOf } from './bearer';

/** Saves what a path of pgdeck gives as a file, with what says who asks: a plain link in a frame would not carry that. */
export async function saveFile(path: string, name: string): Promise<void> {
  const sender = senderOf();
  if (sender === 'ended') throw new Error('The session of this frame has ended.');
  const response = await fetch(withBasePath(path), { ...sender, cache: 'no-store' });
  if (!response.ok) throw new Error(`pgdeck answered ${response.status}.`);
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it over by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
