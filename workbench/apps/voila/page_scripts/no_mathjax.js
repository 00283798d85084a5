// Voila typesets an empty formula in every page, for which it would load and run 0.9 MB of MathJax. There are no
// formulas in our pages: this stands in for it.
window.MathJax = { Hub: { Config() {}, Configured() {}, Queue() {}, Register: { StartupHook() {} } } };
