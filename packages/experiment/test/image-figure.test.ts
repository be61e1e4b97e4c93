import { expect, test } from 'vitest';
import { imageFigure } from '../src';
import { renderFigure } from '../src/report';

test('a picture is in the figure itself, at the size that is asked for', async () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 255);
  const figure = imageFigure({ id: 'a', title: 'A', caption: 'one', png, width: 80, height: 40 });
  const svg = await renderFigure(figure);
  expect(svg).toMatch(/<image [^>]*width="80" height="40"/);
  const base64 = /data:image\/png;base64,([^"]+)"/.exec(svg)![1]!;
  expect([...Buffer.from(base64, 'base64')]).toEqual([...png]);
});

test('a picture of elsewhere is refused', async () => {
  const figure = imageFigure({
    id: 'a',
    title: 'A',
    caption: '',
    png: Uint8Array.of(0x89, 0x50, 0x4e, 0x47),
    width: 8,
    height: 4,
  });
  const text = JSON.stringify(figure.spec).replace(
    /data:image\/png;base64,[^"]+/,
    'https://example.org/a.png',
  );
  await expect(
    renderFigure({ ...figure, spec: JSON.parse(text) as typeof figure.spec }),
  ).rejects.toMatchObject({ code: 'unsupported' });
});
