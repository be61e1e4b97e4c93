import { LabError } from '@lab/tensor-core/errors';

/** What one setting may be: plain JSON. */
export type SettingValue = string | number | boolean | null | readonly SettingValue[];

/** Settings by name; `a.b` is `b` inside the setting `a`. */
export type Overrides = Readonly<Record<string, SettingValue>>;

/**
 * Settings with some of them replaced; the settings given are not touched.
 *
 * @throws LabError `argument` for a name that is not among the settings, or a value of another kind than what it replaces
 */
export function overrideSettings<Settings>(settings: Settings, overrides: Overrides): Settings {
  let result: unknown = settings;
  for (const [name, value] of Object.entries(overrides))
    result = replace(result, name.split('.'), { name, value });
  return result as Settings;
}

/** `--set name=value` as a shell takes it, for a command that repeats a run. */
export function settingFlag(name: string, values: readonly SettingValue[]): string {
  const text = `${name}=${values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(',')}`;
  return `--set ${/^[\w.=,:/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`}`;
}

function replace(
  settings: unknown,
  [first = '', ...rest]: readonly string[],
  { name, value }: { readonly name: string; readonly value: SettingValue },
): unknown {
  if (kind(settings) !== 'object' || !Object.hasOwn(settings as object, first))
    throw new LabError('argument', 'the experiment has no such setting', {
      argument: name,
      expected:
        kind(settings) === 'object' ? Object.keys(settings as object).join(', ') : 'no setting inside',
    });
  const before = (settings as Record<string, unknown>)[first];
  if (rest.length > 0) return { ...(settings as object), [first]: replace(before, rest, { name, value }) };
  // What is absent at this scale (null) may become anything.
  if (before !== null && kind(before) !== kind(value))
    throw new LabError('argument', 'the setting is of another kind', {
      argument: name,
      received: value,
      expected: `${kind(before)}, such as ${JSON.stringify(before)}`,
    });
  return { ...(settings as object), [first]: value };
}

const kind = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
