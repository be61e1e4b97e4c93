import { parse } from 'yaml';
import type { LabField } from './manifest';

interface Citation {
  readonly 'cff-version'?: string;
  readonly message?: string;
  readonly title?: string;
  readonly authors?: readonly unknown[];
  readonly license?: string;
  readonly 'preferred-citation'?: Reference;
  readonly references?: readonly Reference[];
}

interface Reference {
  readonly title?: string;
  readonly authors?: readonly unknown[];
}

/** What a CITATION.cff lacks; a paper's must cite the paper, with its arXiv number where it has one. */
export function citationFaults(text: string, paper?: LabField['paper']): string[] {
  const citation = parse(text) as Citation | null;
  if (citation === null || typeof citation !== 'object') return ['CITATION.cff is empty'];
  const faults: string[] = [];
  if (citation['cff-version'] !== '1.2.0') faults.push('cff-version is not "1.2.0"');
  for (const field of ['message', 'title'] as const)
    if ((citation[field] ?? '') === '') faults.push(`${field} is missing`);
  if ((citation.authors ?? []).length === 0) faults.push('authors is empty');
  if (paper) {
    const works = [citation['preferred-citation'], ...(citation.references ?? [])];
    const cited = works.find((work) => work?.title === paper.title);
    if (!cited) faults.push(`no reference has the paper's title "${paper.title ?? ''}"`);
    else if ((cited.authors ?? []).length === 0) faults.push("the paper's authors are missing");
    if (paper.arxiv !== undefined && !text.includes(paper.arxiv))
      faults.push(`arXiv ${paper.arxiv} is not cited`);
  }
  return faults;
}
