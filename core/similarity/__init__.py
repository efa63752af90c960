"""How alike texts are: one table of the measures.

| measure                 | in             | for                                 | because                               |
|-------------------------|----------------|-------------------------------------|---------------------------------------|
| letters 3-4, TF-IDF     | duplicates     | near duplicates in splits and pools | sees typing mistakes, has a threshold |
| the same, hashed        | char_ngrams    | near duplicates of a text to come   | no vocabulary to keep                 |
| words, minimal hashes   | minhash        | near duplicates of very many rows   | linear, but blind to typing mistakes  |
| words and pairs, TF-IDF | tfidf          | mistakes that look alike, votes     | subject rather than spelling          |
| letters 3-5, TF-IDF     | neighbours     | neighbours from a prompt's examples | the prompt file is all that it takes  |
| hashed letters, SVD     | llm/embeddings | neighbours from a dataset's rows    | quick, and a provider's can stand in  |
| words and letters 2-5   | label_errors   | labels in doubt                     | linear models read labels from it     |

Every vectoriser is one of `char_tfidf` and `word_tfidf` (tfidf.py), or hashed (char_ngrams.py).
"""
