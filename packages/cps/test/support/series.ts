import { compileConstraints, type CompileOptions, type Constraint, type ProjectOptions } from './api';

/** Projects one or more series given as a flat list; the point and the report. */
export function project(
  constraint: Constraint,
  x: ArrayLike<number>,
  { shape, ...options }: Partial<CompileOptions> & ProjectOptions = {},
) {
  const size = shape ?? ([x.length, 1] as const);
  const { batch, channels, scale, checkFeasible, ...rest } = options;
  const projector = compileConstraints(constraint, {
    shape: size,
    ...(batch === undefined ? {} : { batch }),
    ...(channels === undefined ? {} : { channels }),
    ...(scale === undefined ? {} : { scale }),
    ...(checkFeasible === undefined ? {} : { checkFeasible }),
  });
  const data = Float64Array.from(x);
  const samples = x.length / (size[0] * size[1]);
  const report = projector.project({ shape: [samples, ...size], data }, rest);
  return { z: Array.from(data), report, projector };
}
