export { jamesStein, type JamesSteinOptions } from './james-stein';
