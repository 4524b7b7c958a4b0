"""The page, and all that it shows; the only folder that imports Streamlit."""
