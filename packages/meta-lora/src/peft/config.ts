import { LabError } from '@lab/tensor-core/errors';

/** What adapter_config.json says, as far as it concerns LoRA's numbers. */
export interface PeftConfig {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  /** Modules that are adapted: whole names or their last parts, or one regular expression. */
  readonly targetModules: readonly string[] | string;
  /** Modules saved whole, such as heads. */
  readonly modulesToSave: readonly string[];
  readonly rankPattern: Readonly<Record<string, number>>;
  readonly alphaPattern: Readonly<Record<string, number>>;
  /** Scale alpha / sqrt(rank) instead of alpha / rank. */
  readonly rankStabilised: boolean;
  readonly baseModel: string | null;
  readonly taskType: string | null;
}

/**
 * Reads adapter_config.json.
 *
 * @throws LabError `format` for text that is no such file, `unsupported` for methods other than plain LoRA
 */
export function parsePeftConfig(text: string): PeftConfig {
  let json: Record<string, unknown> | null;
  try {
    json = JSON.parse(text) as Record<string, unknown> | null;
  } catch (cause) {
    throw new LabError('format', 'adapter_config.json is not JSON', { cause });
  }
  if (json?.peft_type !== 'LORA')
    throw new LabError('unsupported', 'loadPeft: only LoRA adapters are read', {
      argument: 'peft_type',
      received: json?.peft_type,
      expected: 'LORA',
    });
  for (const flag of ['use_dora', 'use_qalora', 'fan_in_fan_out', 'lora_bias'])
    if (json[flag] === true)
      throw new LabError('unsupported', `loadPeft: the adapter was trained with ${flag}`, {
        argument: flag,
        received: true,
      });
  const number = (name: string, fallback?: number): number => {
    const value = json[name] ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
    throw new LabError('format', `adapter_config.json: ${name} is not a number`, {
      argument: name,
      received: value,
    });
  };
  const numbers = (name: string): Record<string, number> => {
    const entries = Object.entries((json[name] as Record<string, unknown> | null | undefined) ?? {});
    for (const [key, value] of entries)
      if (typeof value !== 'number' || !(value > 0))
        throw new LabError('format', `adapter_config.json: ${name} maps modules to numbers`, {
          argument: key,
          received: value,
        });
    return Object.fromEntries(entries) as Record<string, number>;
  };
  const targets = json.target_modules;
  return {
    rank: number('r'),
    alpha: number('lora_alpha'),
    dropout: number('lora_dropout', 0),
    targetModules: typeof targets === 'string' ? targets : Array.isArray(targets) ? targets.map(String) : [],
    modulesToSave: Array.isArray(json.modules_to_save) ? json.modules_to_save.map(String) : [],
    rankPattern: numbers('rank_pattern'),
    alphaPattern: numbers('alpha_pattern'),
    rankStabilised: json.use_rslora === true,
    baseModel: typeof json.base_model_name_or_path === 'string' ? json.base_model_name_or_path : null,
    taskType: typeof json.task_type === 'string' ? json.task_type : null,
  };
}

/** adapter_config.json as the peft library writes it for plain LoRA. */
export function stringifyPeftConfig(config: PeftConfig): string {
  const list = (names: readonly string[] | string): readonly string[] | string =>
    typeof names === 'string' ? names : [...names].sort();
  return `${JSON.stringify(
    {
      alpha_pattern: config.alphaPattern,
      base_model_name_or_path: config.baseModel,
      bias: 'none',
      fan_in_fan_out: false,
      inference_mode: true,
      init_lora_weights: true,
      lora_alpha: config.alpha,
      lora_dropout: config.dropout,
      modules_to_save: config.modulesToSave.length > 0 ? list(config.modulesToSave) : null,
      peft_type: 'LORA',
      r: config.rank,
      rank_pattern: config.rankPattern,
      target_modules: list(config.targetModules),
      task_type: config.taskType,
      use_dora: false,
      use_rslora: config.rankStabilised,
    },
    null,
    2,
  )}\n`;
}

/** The number of a module: that of the first pattern which its name is or ends with, as in peft, or the common one. */
export function patternNumber(
  patterns: Readonly<Record<string, number>>,
  module: string,
  common: number,
): number {
  for (const [pattern, value] of Object.entries(patterns)) {
    let matches = pattern === module || module.endsWith(`.${pattern}`);
    try {
      matches ||= new RegExp(`^(?:.*\\.)?(?:${pattern})$`).test(module);
    } catch {
      // A name that is no expression matches as text alone.
    }
    if (matches) return value;
  }
  return common;
}
