import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Target } from '@/lib/config';

/** What becomes of a connection: `near` and `far` are the sides of pgdeck and of the server. */
type Cut = 'near' | 'silent';

/** A way to a server that a test can break when something is sent over it. */
export class Line {
  #server: Server;
  #far = new Set<Socket>();
  #cut: { when: string; how: Cut } | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(port: number): Promise<Line> {
    const server = createServer((near) => line.#carry(near, connect(port, '127.0.0.1')));
    const line = new Line(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  /** The address of the server by this way. */
  by(target: Target): Target {
    return { ...target, port: (this.#server.address() as AddressInfo).port };
  }

  /**
   * Breaks the connection that sends this text: `near` hands the text on and lets only pgdeck see the end of the connection,
   * `silent` carries neither the text nor anything after it.
   */
  cutWhen(when: string, how: Cut): void {
    this.#cut = { when, how };
  }

  /** Ends what the server still has of broken connections. */
  endFar(): void {
    for (const far of this.#far) far.destroy();
    this.#far.clear();
  }

  close(): void {
    this.endFar();
    this.#server.close();
  }

  #carry(near: Socket, far: Socket): void {
    let how: Cut | undefined;
    near.on('data', (sent) => {
      if (how === undefined && this.#cut && sent.includes(this.#cut.when)) {
        how = this.#cut.how;
        this.#far.add(far);
        if (how === 'near') {
          far.write(sent);
          near.destroy();
        }
      }
      if (how === undefined) far.write(sent);
    });
    far.on('data', (said) => {
      if (how === undefined) near.write(said);
    });
    near.on('error', () => {});
    far.on('error', () => {});
    near.on('close', () => {
      if (how === undefined) far.destroy();
    });
    far.on('close', () => near.destroy());
  }
}
