import { LabError } from '@lab/tensor-core/errors';

/** One dialogue of two people who chat as the personas that they were given. */
export interface PersonaDialogue {
  /** Sentences of the second speaker's persona, in the file's order. */
  readonly persona: readonly string[];
  /** What is said by the first speaker, and what the second replies. */
  readonly turns: readonly { readonly said: string; readonly reply: string }[];
}

/**
 * Reads persona dialogues in the format of ParlAI: numbered lines that start over with every dialogue, first the persona, then
 * turns of two texts parted by a tab. Candidates after a second tab are passed over.
 *
 * @throws LabError `format` naming the line that is neither
 */
export function readPersonaDialogues(text: string, name = 'dialogues'): PersonaDialogue[] {
  const dialogues: { persona: string[]; turns: { said: string; reply: string }[] }[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [, number, rest] = /^(\d+) (.*)$/.exec(line) ?? [];
    const fail = (what: string): LabError =>
      new LabError('format', `${name}: line ${i + 1} ${what}`, { received: line.slice(0, 60) });
    if (!number || rest === undefined) throw fail('does not begin with a number');
    if (number === '1') dialogues.push({ persona: [], turns: [] });
    const dialogue = dialogues.at(-1);
    if (!dialogue) throw fail('belongs to no dialogue');
    const persona = /^your persona: (.*)$/.exec(rest);
    if (persona) dialogue.persona.push(persona[1]!);
    else if (!/^partner's persona:/.test(rest)) {
      const [said, reply] = rest.split('\t');
      if (said === undefined || reply === undefined) throw fail('has no reply');
      dialogue.turns.push({ said, reply });
    }
  }
  return dialogues;
}
