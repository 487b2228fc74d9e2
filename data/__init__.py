"""All that is stored or fetched: tables, Parquet lake, archives, file formats, bundled examples."""
