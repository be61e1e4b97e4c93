import { engineFlags, numberOption, startEngine, textOption } from '@lab/experiment/cli';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import { disposeTree } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { loadModel, type LoadedModel } from './model-folder';
import { countOption, modelOption, samplerFlags, samplerOptions } from './sampler-options';
import { shown, watchAnchors } from './watch';

/** `lab adlm sample`: texts of a trained model. */
export const sample: PaperCommand = {
  name: 'sample',
  summary: 'Generate text',
  description:
    'Draws texts from a model of `lab adlm train`, one a line as JSON strings. With --show the first one appears on standard ' +
    'error as it is unmasked; with --anchors it is said which of its tokens the anchor network had decided at which step.',
  options: [
    ...samplerFlags,
    { flag: 'length', value: 'N', description: "tokens of a text (default: the model's length)" },
    { flag: 'prompt', value: 'TEXT', description: 'what every text begins with' },
    { flag: 'show', description: 'show the first text as it is unmasked' },
    { flag: 'anchors', description: 'say which tokens the anchor network decided first' },
    ...engineFlags,
  ],
  run: runSample,
};

async function runSample(args: CommandArgs, io: CommandIo): Promise<number> {
  await startEngine(args);
  const loaded = await loadModel(io.cwd, modelOption(args));
  const { model, tokenizer, params } = loaded;
  try {
    const options = samplerOptions(args, loaded);
    const init = startOf(args, loaded);
    const watching = args.options.anchors === true ? watchAnchors(loaded, init) : undefined;
    if (watching && !loaded.anchored)
      throw new LabError('argument', 'this model has no anchor network', { argument: '--anchors' });
    await watching?.look(init.data);
    const length = init.shape[1]!;
    const { samples, steps, modelCalls, seconds } = await model.sample(params, {
      ...options,
      init,
      signal: io.signal,
      async onStep(event) {
        io.progress((event.index + 1) / event.steps, `step ${event.index + 1}`);
        if (args.options.show === true)
          io.stderr(
            `${String(event.index + 1).padStart(4)}  ${shown(event.tokens.data.subarray(0, length), tokenizer)}\n`,
          );
        await watching?.onStep(event);
      },
    });
    const rows = Array.from({ length: samples.shape[0]! }, (_, row) =>
      samples.data.slice(row * length, (row + 1) * length),
    );
    for (const row of rows) io.stdout(`${JSON.stringify(tokenizer.decode(row))}\n`);
    if (watching) io.stdout(`decided by the anchor network:\n${watching.report(rows[0]!)}`);
    io.stderr(`${steps} steps, ${modelCalls} model calls, ${seconds.toFixed(1)} s\n`);
    return 0;
  } finally {
    disposeTree(params);
  }
}

function startOf(args: CommandArgs, { config, tokenizer }: LoadedModel): TokenArray {
  const length = numberOption(args, 'length', { min: 1, max: config.length, whole: true }) ?? config.length;
  const count = countOption(args);
  const prompt = tokenizer.encode(textOption(args, 'prompt') ?? '');
  // Training sequences begin with this token, so a text with a beginning of its own comes after it.
  const given = [tokenizer.bosId, ...prompt];
  if (given.length >= length)
    throw new LabError('argument', 'the prompt leaves no place to fill', {
      argument: '--prompt',
      received: `${prompt.length} tokens`,
      expected: `fewer than ${length - 1}`,
    });
  const data = new Int32Array(count * length).fill(tokenizer.maskId);
  for (let row = 0; row < count; row++) data.set(given, row * length);
  return { shape: [count, length], data };
}
