import { engine, tf, adam, random, trainStep, treeLeaves } from '@lab/tensor-core';
import { mapKernels } from '../../src/compile/kernels/index';
import { trace } from '../../src/compile/trace/trace';
import { createSession, allocate } from '../../src/compile/runtime/session';
import { reachable, encodeModel } from '../../src/compile/onnx/model';
import { sizeOf } from '../../src/compile/graph/graph';
import { test } from 'vitest';
import * as W from '/work/main/tooling/bench/src/workloads';
import { writeFileSync } from 'node:fs';
Error.stackTraceLimit = 60;
test('try', async () => {
  await engine({ prefer: 'wasm' });
  mapKernels();
  for (const w of (W as any).workloads) {
    if (!(process.env['W'] ?? 'conv').includes(w.name.split(' ')[0])) continue;
    const params = w.params(random.key(0));
    const batch = w.batch(random.key(1));
    const optimizer = adam({ learningRate: 1e-3 });
    const state = { params, optimizer: optimizer.init(params), average: undefined };
    const step: any = trainStep({ loss: w.loss, optimizer });
    const leaves = [...treeLeaves(state as any), ...treeLeaves(batch as any)].filter((x: any) => x instanceof tf.Tensor) as any[];
    let k = 0;
    const sub = (tree: any, input: any): any => tree instanceof tf.Tensor ? input(`i${k++}`, tree.shape, tree.dtype) : Array.isArray(tree) ? tree.map((x: any) => sub(x, input)) : tree && typeof tree === 'object' ? Object.fromEntries(Object.keys(tree).sort().map((n) => [n, sub(tree[n], input)])) : tree;
    const t0 = performance.now();
    const traced = trace(({ input }) => { const s = sub(state, input); const b = sub(batch, input); return step(s, b, random.key(2)); });
    const { inputs } = traced;
    const outputs = traced.outputs.map(({ value, path }) => ({ name: path, value }));
    writeFileSync(`/tmp/kb/${w.name.split(' ')[0]}.onnx`, encodeModel({ name: 'x', inputs, outputs }));
    const nodes = reachable(outputs.map((o) => o.value)).nodes;
    console.log(w.name, 'nodes', nodes.length, 'trace', performance.now() - t0);
    for (const n of nodes) if (n.op === 'Transpose' && sizeOf(n.inputs[0]!) > 20000) console.log('T', n.inputs[0]!.shape.join(), n.attributes['perm'], (n.inputs[0]!.source as any).node?.op);
    if (process.env['ALL']) for (const n of nodes) if (sizeOf(n.outputs[0]!) > 20000) console.log(n.op, n.inputs.map((x) => x?.shape.join()).join(' | '), '->', n.outputs[0]!.shape.join());
    const out = step(state, batch, random.key(2));
    for (const threads of [1, 2]) {
      const session = createSession({ name: 'x', inputs, outputs }, { threads });
      const feeds = Object.fromEntries(inputs.map((i, j) => [i.name, session.tensor(i.value, leaves[j].dataSync())]));
      const fetches: any = Object.fromEntries(outputs.map((o) => [o.name, session.tensor(o.value, allocate(o.value.dtype, sizeOf(o.value)))]));
      const times: number[] = [];
      for (let n = 0; n < 60; n++) { const a = performance.now(); session.run(feeds, fetches); times.push(performance.now() - a); }
      times.sort((a, b) => a - b);
      console.log({ threads, step: times[30], min: times[0], loss: fetches['loss'].data[0], eager: out.loss.dataSync()[0] });
      if (threads === 1) {
        let worst: [number, string] = [0, ''];
        const eager = Object.fromEntries(treeLeaves(out as any).map((x: any, i) => [i, x]));
        const eagerT = treeLeaves(out as any).filter((x: any) => x instanceof tf.Tensor) as any[];
        outputs.forEach((o, i) => { const e = eagerT[i].dataSync(), f = fetches[o.name].data; let d = 0; for (let q = 0; q < e.length; q++) d = Math.max(d, Math.abs(e[q] - f[q])); if (!(d <= worst[0])) worst = [d, o.name]; });
        console.log('worst', worst, Object.keys(eager).length);
      }
      session.dispose();
    }
  }
}, 100000);
