import { textInfo } from '../../text/catalogue';
import { readPersonaDialogues, type PersonaDialogue } from '../../text/convai2';
import type { TextOrigin } from '../../text/types';
import { openFile, textOf, type LoadOptions } from '../files';

export interface PersonaDataset extends TextOrigin {
  readonly dialogues: readonly PersonaDialogue[];
}

/** The validation dialogues of ConvAI2: 1,000 chats of crowd workers as personas, without candidate replies. */
export async function loadConvai2(dataDir: string, options: LoadOptions = {}): Promise<PersonaDataset> {
  const opened = await openFile(textInfo('convai2'), { ...options, folder: dataDir });
  const { id, title, licence, source } = textInfo('convai2');
  const dialogues = readPersonaDialogues(textOf(opened), 'convai2-valid.txt');
  return { id, title, licence, source, checksum: opened.checksum, dialogues };
}
