/** Next calls this once when the server starts; what it starts lives as long as the process. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === 'nodejs') await (await import('./instrumentation-node')).start();
}
