export { renderFigure, type RenderFigureOptions } from '../figures/render';
export type { Theme } from '../figures/palette';
export { renderReport, type RenderReportOptions } from './report';
