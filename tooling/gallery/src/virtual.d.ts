declare module 'virtual:gallery/temperatures' {
  const degrees: readonly number[];
  export default degrees;
}

declare module 'virtual:gallery/papers' {
  const papers: Readonly<Record<string, { readonly title: string; readonly arxiv: string }>>;
  export default papers;
}

declare module 'virtual:gallery/report' {
  const report:
    | {
        readonly scales: readonly string[];
        readonly papers: Readonly<Record<string, { readonly held: number; readonly claims: number }>>;
      }
    | undefined;
  export default report;
}
