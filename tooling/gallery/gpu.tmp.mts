import { chromium } from 'playwright-core';
import { preview } from 'vite';
const server = await preview({
  root: '.',
  configFile: false,
  preview: { port: 0, host: '127.0.0.1' },
  logLevel: 'silent',
});
const port = (server.httpServer.address() as any).port;
const b = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--enable-unsafe-webgpu'],
});
for (const id of process.argv[2].split(',')) {
  const p = await b.newPage();
  p.on('console', (m) => console.log(id, m.type(), m.text().slice(0, 300)));
  p.on('pageerror', (e) => console.log(id, 'ERR', e.message));
  await p.goto(`http://127.0.0.1:${port}/#/${id}`);
  await p.waitForSelector('.demo');
  await p.getByLabel('Engine').selectOption('webgpu');
  if ((await p.getAttribute('.demo', 'data-state')) !== 'idle') {
    await p.waitForSelector('.demo[data-state=done],.demo[data-state=failed]', { timeout: 60000 });
    await p.getByRole('button', { name: 'Run again' }).click();
  } else await p.getByRole('button', { name: 'Run' }).click();
  const t = performance.now();
  await p.waitForTimeout(100);
  await p
    .waitForSelector('.demo[data-state=done],.demo[data-state=failed]', { timeout: 60000 })
    .catch(() => console.log('timeout'));
  console.log(id, ((performance.now() - t) / 1000).toFixed(1), await p.textContent('.status'));
  await p.close();
}
await b.close();
await server.close();
