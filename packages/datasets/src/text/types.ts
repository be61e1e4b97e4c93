/** A text of one author or source: what a split must not cut in two. */
export interface TextDocument {
  readonly name: string;
  readonly text: string;
  readonly author?: string;
  readonly year?: number;
}

/** Where a text comes from, and on what terms. */
export interface TextOrigin {
  readonly id: string;
  readonly title: string;
  /** Terms of use in one line. */
  readonly licence: string;
  readonly source: string;
  /** SHA-256 of the bytes that were read, 64 hexadecimal digits; of all files one after another where there are several. */
  readonly checksum: string;
}

export interface TextDataset extends TextOrigin {
  readonly documents: readonly TextDocument[];
}

/** A question with its reasoning and answer. */
export interface ReasoningItem {
  readonly question: string;
  readonly steps: readonly string[];
  readonly answer: string;
}

export interface ReasoningDataset<Item extends ReasoningItem = ReasoningItem> extends TextOrigin {
  readonly items: readonly Item[];
}

/** A question about a graph of classes, as in ProsQA: is the root a member of the target or of the other? */
export interface GraphReasoningItem extends ReasoningItem {
  /** Names of the nodes; edges, root and targets are their places in it. */
  readonly names: readonly string[];
  readonly edges: readonly (readonly [from: number, to: number])[];
  readonly root: number;
  readonly target: number;
  readonly otherTarget: number;
}
