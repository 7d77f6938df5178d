import { shared } from '@/lib/runtime';

/** Says in the terminal what each watched server answers while it cannot be reached, and when it can; each change once. */
export function watchServers(say: (line: string) => void): () => void {
  const said = new Map<string, string>();
  const warned = new Set<string>();
  const names = new Map<string, string>();
  const look = () => {
    const { servers } = shared();
    if (!servers) return;
    for (const [id, name] of names) {
      if (servers.has(id)) continue;
      say(`${name}: not watched any more.`);
      for (const known of [said, names]) known.delete(id);
      warned.delete(id);
    }
    for (const { config, connections } of servers.values()) {
      const { problem, capabilities } = connections;
      names.set(config.id, config.name);
      const before = said.get(config.id);
      if (problem) {
        const line = `${config.name}: ${problem.sentence} ${problem.hint}`;
        if (line !== before) say(line);
        said.set(config.id, line);
      } else if (capabilities) {
        const role = capabilities.inRecovery ? 'standby' : 'primary';
        const line = `${config.name}: connected, PostgreSQL ${capabilities.version}, ${role}.`;
        if (line !== before) say(line);
        said.set(config.id, line);
        if (capabilities.superuser && !warned.has(config.id))
          say(
            `${config.name}: ${config.read.user} is a superuser: whoever gets hold of pgdeck has the whole server. docs/database-roles.md has roles that can do less.`,
          );
        warned.add(config.id);
      }
    }
  };
  const timer = setInterval(look, 500).unref();
  return () => clearInterval(timer);
}
