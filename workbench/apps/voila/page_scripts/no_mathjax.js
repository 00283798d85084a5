// Replaces MathJax. Voila typesets an empty formula in every page, for which it would load and run 0.9 MB of MathJax, but
// our pages have no formulas.
window.MathJax = { Hub: { Config() {}, Configured() {}, Queue() {}, Register: { StartupHook() {} } } };
