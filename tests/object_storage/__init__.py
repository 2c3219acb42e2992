"""A server of S3-compatible object storage for tests: SeaweedFS, which a package brings."""
