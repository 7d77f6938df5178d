import { EmbedPage } from '@/components/embed/embed-page';

/** Every address below /embed is the same document, without data: what it shows is asked for by the browser. */
export default function Page() {
  return <EmbedPage />;
}
