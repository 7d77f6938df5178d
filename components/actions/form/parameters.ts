/** What a storage parameter is set to; undefined: it is not set. */
export function parameterOf(parameters: string[] | undefined, name: string): string | undefined {
  return parameters?.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Which storage parameters are set now, in a sentence. */
export function parametersWords(parameters: string[]): string {
  if (parameters.length === 0) return 'None is set now: the table goes by the settings of the server.';
  return `Set now: ${parameters.map((each) => each.replace('=', ' = ')).join(', ')}. What stays empty stays as it is.`;
}
