"""The commands that people and pipelines run beside `pulumi`; `python -m ops --help` lists them."""
