"""What AWS runs."""

import gc

# Importing Pulumi's SDKs makes millions of objects that stay, and by default Python searches all of them for cycles
# again and again meanwhile: a fifth of the time that the imports take (docs/performance.md).
gc.set_threshold(500_000)
