import { redirect } from 'next/navigation';
import { runtime } from '@/lib/runtime';

/** The first server's overview. */
export default function Home(): never {
  const [first] = runtime().servers.keys();
  redirect(`/${first ?? ''}/overview`);
}
