import { claim, type Claim } from '@lab/experiment';

/** Shares of samples, and mean cosines of style descriptors. */
export interface AttentionScores {
  readonly name: string;
  readonly prompt: number;
  readonly style: number;
  readonly leak: number;
  readonly cosine: number;
  readonly judged: number;
}

/** Rules fixed before the first run. */
export function attentionClaims(scores: Readonly<Record<string, AttentionScores>>): Claim[] {
  const of = (id: string): AttentionScores => scores[id]!;
  const both = of('official-soc0.03');
  return [
    claim({
      id: 'controller-alone',
      statement: 'The controller alone brings the style without the content, in a trained network too',
      paper: 'Figure 10: SOC alone',
      measured: { 'style, base': of('base').style, style: of('soc').style, leak: of('soc').leak },
      criterion: 'style below 0.25 without, above 0.7 with it, leak below 0.05',
      holds: of('base').style < 0.25 && of('soc').style > 0.7 && of('soc').leak < 0.05,
    }),
    claim({
      id: 'large-steps-leak',
      statement: "A larger step leaks the reference's content through the learned descriptor",
      paper: 'Section 6: eta above 0.1 leaks content of the style image',
      measured: of('soc0.3').leak,
      criterion: 'leak above 0.25 at eta 0.3',
      holds: (leak) => leak > 0.25,
    }),
    claim({
      id: 'direct-concat-leaks',
      statement: "Concatenating the reference's tokens leaks its content",
      paper: 'Figure 10: DirectConcat has the highest similarity and the worst reward',
      measured: of('concat').leak,
      criterion: 'leak above 0.3',
      holds: (leak) => leak > 0.3,
    }),
    claim({
      id: 'afa-separates',
      statement: 'AFA, as released, gives the style and keeps the content out',
      paper: 'Section 4.2, Figure 10',
      measured: { style: of('official').style, leak: of('official').leak },
      criterion: 'style above 0.85, leak below 0.1',
      holds: ({ style, leak }) => style > 0.85 && leak < 0.1,
    }),
    claim({
      id: 'pooling-decides',
      statement: 'What keeps the content out is that the style tokens are replaced by their mean',
      paper: 'not in the paper; the released code does it',
      measured: of('official-unpooled').leak,
      criterion: 'leak above 0.2 without',
      holds: (leak) => leak > 0.2,
    }),
    claim({
      id: 'both-are-best',
      statement: 'AFA with a weak controller has prompt and style at once',
      paper: 'Figure 10: AFA and SOC together are best',
      measured: { prompt: both.prompt, style: both.style, leak: both.leak },
      criterion: 'prompt and style above 0.95, leak below 0.05',
      holds: ({ prompt, style, leak }) => prompt > 0.95 && style > 0.95 && leak < 0.05,
    }),
  ];
}
