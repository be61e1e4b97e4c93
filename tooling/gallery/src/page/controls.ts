import { h } from './element';

let count = 0;
const nextId = (): string => `control-${count++}`;

/** A control with its label, and its value now. */
export interface Control<Value> {
  readonly root: HTMLElement;
  readonly value: Value;
  set(value: Value): void;
}

export interface SliderOptions {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  readonly format?: (value: number) => string;
  readonly onInput?: (value: number) => void;
}

export interface Slider extends Control<number> {
  /** Sets the greatest value, and goes to it. */
  limit(max: number): void;
}

export function slider(options: SliderOptions): Slider {
  const { label, min, max, step, value, format = String, onInput } = options;
  const id = nextId();
  const output = h('span', { class: 'value', 'aria-hidden': 'true' });
  const show = (): void => {
    output.textContent = format(Number(input.value));
    input.setAttribute('aria-valuetext', format(Number(input.value)));
  };
  const input = h('input', {
    ...{ type: 'range', id, min, max, step, value },
    input: () => {
      show();
      onInput?.(Number(input.value));
    },
  });
  show();
  return {
    root: h('div', { class: 'control' }, h('label', { for: id }, label), output, input),
    get value() {
      return Number(input.value);
    },
    set(next) {
      input.value = String(next);
      show();
    },
    limit(next) {
      input.max = String(next);
      input.value = String(next);
      show();
    },
  };
}

export interface ChoiceOptions<Value extends string> {
  readonly label: string;
  readonly options: Readonly<Record<Value, string>>;
  readonly value: NoInfer<Value>;
  readonly onInput?: (value: NoInfer<Value>) => void;
}

export function choice<Value extends string>(options: ChoiceOptions<Value>): Control<Value> {
  const id = nextId();
  const select = h(
    'select',
    { id, change: () => options.onInput?.(select.value as Value) },
    ...Object.entries<string>(options.options).map(([value, title]) => h('option', { value }, title)),
  );
  select.value = options.value;
  return {
    root: h('div', { class: 'control' }, h('label', { for: id }, options.label), select),
    get value() {
      return select.value as Value;
    },
    set(next) {
      select.value = next;
    },
  };
}

export interface ChecksOptions<Value extends string> {
  readonly label: string;
  readonly options: Readonly<Record<Value, string>>;
  readonly value: readonly NoInfer<Value>[];
  readonly onInput?: (value: readonly NoInfer<Value>[]) => void;
}

/** Any number of several things. */
export function checks<Value extends string>(options: ChecksOptions<Value>): Control<readonly Value[]> {
  const chosen = (): Value[] => boxes.filter(({ checked }) => checked).map(({ value }) => value as Value);
  const boxes = Object.keys(options.options).map((value) =>
    h('input', {
      ...{ type: 'checkbox', value, checked: options.value.includes(value as Value) },
      change: () => options.onInput?.(chosen()),
    }),
  );
  const titles = Object.values<string>(options.options);
  return {
    root: h(
      'fieldset',
      { class: 'control' },
      h('legend', {}, options.label),
      h('div', { class: 'checks' }, ...boxes.map((box, i) => h('label', {}, box, titles[i]))),
    ),
    get value() {
      return chosen();
    },
    set(next) {
      for (const box of boxes) box.checked = next.includes(box.value as Value);
    },
  };
}

export function button(label: string, onClick: () => void, { primary = false } = {}): HTMLButtonElement {
  return h('button', { type: 'button', class: primary ? 'primary' : false, click: onClick }, label);
}
