import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { compileConstraints } from '../projection';
import { readConstraints } from './constraints-file';
import { listOption, numberOption, readText, textOption } from '@lab/experiment/cli';
import { readSeriesTable } from './series-table';

/** `lab cps check`: do these series satisfy these constraints? */
export const check: PaperCommand = {
  name: 'check',
  summary: 'Check the series of a CSV file against constraints',
  description:
    'Reports each series and constraint that does not hold, in the units of the file. Ends with 0 when all hold, with 1 ' +
    'when any is violated. Rows belong to one series, or to several when the file has a column `series`.',
  arguments: [{ name: 'CSV', description: 'the series, as `lab cps sample` writes them' }],
  options: [
    { flag: 'constraints', value: 'FILE', description: 'constraints as YAML or JSON', required: true },
    {
      flag: 'columns',
      value: 'NAMES',
      description: 'columns that are channels (default: all but series and step)',
    },
    { flag: 'tolerance', value: 'X', description: 'greatest violation that passes', default: '1e-6' },
    { flag: 'json', description: 'print the report as JSON' },
  ],
  run: runCheck,
};

async function runCheck(args: CommandArgs, io: CommandIo): Promise<number> {
  const tolerance = numberOption(args, 'tolerance', { min: 0 })!;
  const file = await readText(io.cwd, textOption(args, 'constraints')!);
  const constraints = readConstraints(file.text, file.name);
  const { text, name } = await readText(io.cwd, args.arguments[0]!);
  const { values, channels } = readSeriesTable(text, { name, columns: listOption(args, 'columns') });
  const [batch = 0, length = 0, width = 0] = values.shape;
  // Whether the constraints contradict each other is a question for `sample`; here the series answer for themselves.
  const projector = compileConstraints(constraints, {
    shape: [length, width],
    batch,
    channels,
    checkFeasible: false,
  });
  const report = projector.check(values, { tolerance });
  const broken = new Set(report.violations.map(({ sample }) => sample)).size;
  if (args.options.json === true)
    io.stdout(
      `${JSON.stringify({
        feasible: report.feasible,
        tolerance,
        series: batch,
        constraints: projector.count,
        violated: report.violations,
      })}\n`,
    );
  else {
    for (const { sample, name: violated, greatest, total } of report.violations)
      io.stdout(
        `series ${sample}: ${violated} is off by ${greatest.toPrecision(4)}, ${total.toPrecision(4)} in all\n`,
      );
    io.stdout(
      report.feasible
        ? `all ${batch} series satisfy all ${projector.count} constraints (tolerance ${tolerance})\n`
        : `${broken} of ${batch} series violate a constraint (tolerance ${tolerance})\n`,
    );
  }
  return report.feasible ? 0 : 1;
}
