import { browserSuite } from './browser-suite';

browserSuite('phone');
