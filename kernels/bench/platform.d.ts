// What the bench page uses of a browser; the rest of the DOM is out of reach.
declare const performance: { now(): number };
declare const navigator: NavigatorGPU;
