import { browserSuite } from './browser-suite';

browserSuite('desktop');
