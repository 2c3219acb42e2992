"""The usual LangChain script: recursive splitter, Hugging Face embeddings, Qdrant in local mode."""

from __future__ import annotations

import tempfile
import uuid

import numpy as np
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_qdrant import QdrantVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter
from lines import serve
from qdrant_client import QdrantClient, models

BATCH = 1000


class LangChain:
    def __init__(self, folder: str) -> None:
        self._embeddings = HuggingFaceEmbeddings(
            model_name=folder,
            # The folder says float16, which is slow here.
            model_kwargs={"device": "cpu", "model_kwargs": {"dtype": "float32"}},
            encode_kwargs={"prompt": "passage: ", "normalize_embeddings": True},
            query_encode_kwargs={"prompt": "query: ", "normalize_embeddings": True},
        )
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        self._open()

    def _open(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._client = QdrantClient(path=self._folder.name)
        size = len(self._embeddings.embed_query("ciao"))
        parameters = models.VectorParams(size=size, distance=models.Distance.COSINE)
        self._client.create_collection("bench", vectors_config=parameters)
        self._store = QdrantVectorStore(self._client, "bench", self._embeddings)

    def add(self, documents: list[tuple[str, str]]) -> int:
        passages = self._splitter.split_documents(
            [Document(text, metadata={"document": id}) for id, text in documents]
        )
        self._store.add_documents(passages)
        return len(passages)

    def search(self, question: str, limit: int) -> list[tuple[str, float]]:
        found = self._store.similarity_search_with_score(question, k=limit)
        return [(passage.metadata["document"], float(score)) for passage, score in found]

    def fill(self, texts: list[str], vectors: np.ndarray) -> None:
        self._client.close()
        self._folder.cleanup()
        self._open()
        for start in range(0, len(texts), BATCH):
            points = [
                models.PointStruct(
                    id=str(uuid.UUID(int=number + 1)),
                    vector=vectors[number].tolist(),
                    payload={"page_content": texts[number], "metadata": {"document": str(number)}},
                )
                for number in range(start, min(start + BATCH, len(texts)))
            ]
            self._client.upsert("bench", points)


if __name__ == "__main__":
    serve(LangChain)
