import { LabError } from '@lab/tensor-core/errors';
import { textInfo, type TextInfo } from '../../text/catalogue';
import { detokenizeWikitext } from '../../text/detokenize';
import type {
  GraphReasoningItem,
  ReasoningDataset,
  ReasoningItem,
  TextDataset,
  TextDocument,
  TextOrigin,
} from '../../text/types';
import { openFile, textOf, type LoadOptions, type OpenedFile } from '../files';

export interface LoadWikitextOptions extends LoadOptions {
  /** @default 'validation' */
  readonly split?: 'validation' | 'test';
  /** Whether the spaces of its tokenisation are undone. @default true */
  readonly detokenize?: boolean;
}

/** The articles of WikiText-2, a document each. */
export async function loadWikitext2(
  dataDir: string,
  { split = 'validation', detokenize = true, ...options }: LoadWikitextOptions = {},
): Promise<TextDataset> {
  const file = split === 'test' ? 'wikitext2-test.txt' : 'wikitext2-valid.txt';
  const opened = await openFile(textInfo('wikitext2'), { ...options, folder: dataDir, file });
  // A line ` = Title = ` between empty ones opens an article; those with more equals signs open its sections.
  const articles = textOf(opened).split(/(?<=^ \n)(?= = [^=].* = \n \n)/m);
  const documents = articles
    .filter((article) => article.trim() !== '')
    .map((article): TextDocument => {
      const name = /^ = (.*) = \n/.exec(article)?.[1] ?? '';
      return { name, text: detokenize ? detokenizeWikitext(article) : article };
    });
  return { ...originOf(opened), documents };
}

/** Lines of plays by Shakespeare, one document: the file does not say where a play begins. */
export async function loadTinyShakespeare(dataDir: string, options: LoadOptions = {}): Promise<TextDataset> {
  const opened = await openFile(textInfo('tiny-shakespeare'), { ...options, folder: dataDir });
  const document = { name: 'plays', text: textOf(opened), author: 'William Shakespeare' };
  return { ...originOf(opened), documents: [document] };
}

export interface LoadGsm8kOptions extends LoadOptions {
  /** @default 'train' */
  readonly split?: 'train' | 'test';
}

/**
 * Word problems with their worked lines. `steps` are the calculations alone, such as `16-3-4=9`: what ACoT's anchors are
 * taken from; `answer` is the number after `####`, without commas.
 */
export async function loadGsm8k(
  dataDir: string,
  { split = 'train', ...options }: LoadGsm8kOptions = {},
): Promise<ReasoningDataset> {
  const file = `gsm8k-${split}.jsonl`;
  const opened = await openFile(textInfo('gsm8k'), { ...options, folder: dataDir, file });
  const lines = textOf(opened)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const items = lines.map((line, at): ReasoningItem => {
    const { question, answer } = parse(line, `${file}: line ${at + 1}`) as Record<string, string>;
    const [work = '', result = ''] = (answer ?? '').split('####');
    const steps = [...work.matchAll(/<<([^>]*)>>/g)].map(([, step]) => step!);
    return { question: question ?? '', steps, answer: result.trim().replaceAll(',', '') };
  });
  return { ...originOf(opened), items };
}

export interface LoadProsqaOptions extends LoadOptions {
  /** @default 'validation' */
  readonly split?: 'validation' | 'test';
}

/** Questions about graphs of invented classes. */
export async function loadProsqa(
  dataDir: string,
  { split = 'validation', ...options }: LoadProsqaOptions = {},
): Promise<ReasoningDataset<GraphReasoningItem>> {
  const file = split === 'test' ? 'prosqa-test.json' : 'prosqa-valid.json';
  const opened = await openFile(textInfo('prosqa'), { ...options, folder: dataDir, file });
  const rows = parse(textOf(opened), file) as readonly (ReasoningItem & {
    readonly idx_to_symbol: string[];
    readonly edges: [number, number][];
    readonly root: number;
    readonly target: number;
    readonly neg_target: number;
  })[];
  const items = rows.map(({ question, steps, answer, edges, root, target, ...row }): GraphReasoningItem => ({
    question,
    steps,
    answer,
    names: row.idx_to_symbol,
    edges,
    root,
    target,
    otherTarget: row.neg_target,
  }));
  return { ...originOf(opened), items };
}

function originOf({ info, checksum }: OpenedFile<TextInfo>): TextOrigin {
  const { id, title, licence, source } = info;
  return { id, title, licence, source, checksum };
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LabError('format', `${where} is not JSON`, { cause });
  }
}
