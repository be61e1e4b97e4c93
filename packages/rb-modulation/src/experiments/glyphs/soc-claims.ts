import { claim, type Claim } from '@lab/experiment';
import type { SocTable } from './soc';

/** Rules fixed before the first run, with a tolerance of 0.07 on rates. */
export function socClaims(scores: SocTable): Claim[] {
  const of = (id: string) => scores[id]!;
  const [none, paper, one, ten, large] = ['none', 'paper', 'M1', 'M10', 'eta0.3'].map(of) as [
    SocTable[string],
    SocTable[string],
    SocTable[string],
    SocTable[string],
    SocTable[string],
  ];
  const [pixels, open, momentsOpen] = [of('pixels'), of('pixels-open'), of('moments-open')];
  const [exact, gradient] = [of('exact1'), of('gradient1')];
  return [
    claim({
      id: 'style-without-training',
      statement:
        "The controller gives the reference's style at eta 0.1 and M 3, keeps the prompt and leaks no content",
      paper: 'Section 6, Figure 10: eta 0.1 and M 3 throughout',
      measured: {
        'style, no control': none.style,
        style: paper.style,
        prompt: paper.prompt,
        leak: paper.leak,
      },
      criterion: 'style below 0.37 without control, above 0.78 with it; prompt above 0.9 and leak below 0.1',
      holds: none.style < 0.37 && paper.style > 0.78 && paper.prompt > 0.9 && paper.leak < 0.1,
    }),
    claim({
      id: 'more-is-less-real',
      statement:
        'A larger step or more inner steps bring descriptors nearer and images farther from real ones',
      paper: 'Section 6: M above 3 adds cost only; eta above 0.1 leaks content',
      measured: {
        'cosine, M 1, 3, 10': [one, paper, ten].map(({ cosine }) => cosine.toFixed(3)).join(', '),
        'distance, M 1, 3, 10': [one, paper, ten].map(({ manifold }) => manifold.toFixed(3)).join(', '),
        'eta 0.3': `${large.cosine.toFixed(3)}, ${large.manifold.toFixed(3)}`,
      },
      criterion: 'cosine and distance both rise from M 1 to 3 to 10, and from eta 0.1 to 0.3',
      holds: [
        [one, paper],
        [paper, ten],
        [paper, large],
      ].every(([a, b]) => a!.cosine < b!.cosine && a!.manifold < b!.manifold),
    }),
    claim({
      id: 'entangled-descriptors-leak',
      statement: "A descriptor that holds content brings the reference's content along",
      paper: 'Section 3: content leakage of earlier methods',
      measured: {
        'place leaked, pixels': pixels.place,
        'place leaked, moments': paper.place,
        'digit leaked without prompt, pixels': open.leak,
        'digit leaked without prompt, moments': momentsOpen.leak,
      },
      criterion:
        'place leaked 2.5 times as often; without prompt digit leaked above 0.53, with moments below 0.37',
      holds: pixels.place > 2.5 * paper.place && open.leak > 0.53 && momentsOpen.leak < 0.37,
    }),
    claim({
      id: 'keeping-the-noise-is-stronger',
      statement: 'Keeping the noise estimate, as released, controls more strongly than recomputing it',
      paper: 'not reported; the printed DDIM(z, x_t) can be read either way',
      measured: { kept: paper.style, recomputed: of('recompute').style },
      criterion: 'style at least 0.3 more often at eta 0.1',
      holds: ({ kept, recomputed }) => kept - recomputed > 0.3,
    }),
    claim({
      id: 'exact-is-more-real',
      statement: 'At like style the gradient through the denoiser ends nearer to real images',
      paper: 'Section 4.1: Algorithm 2 is the cheaper approximation of Algorithm 1',
      measured: {
        'style, Algorithm 1': exact.style,
        'style, Algorithm 2': gradient.style,
        'distance, Algorithm 1': exact.manifold,
        'distance, Algorithm 2': gradient.manifold,
      },
      criterion: 'at eta 1, style at most 0.07 rarer and distance smaller',
      holds: exact.style >= gradient.style - 0.07 && exact.manifold < gradient.manifold,
    }),
  ];
}
