import { type AccessConfig, readAccess } from '@/lib/config-access';

/** Who may, as the settings say it for a pgdeck on a loopback address. */
export function accessOf(env: Record<string, string> = {}): AccessConfig {
  return readAccess(env, '127.0.0.1');
}
