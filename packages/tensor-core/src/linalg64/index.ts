export { array64, diagonal, fromRows, identity, toRows, type Array64 } from './array64';
export { gram, matmul, matmulTransposed, norm, transpose } from './products';
export { pivotedQr, qr, type PivotedQR, type QR } from './qr';
export { rank, svd, type SVD } from './svd';
export { sqrtSymmetric, symmetricEigen, type SymmetricEigen } from './symmetric-eigen';
export { cholesky, pivotedCholesky, type PivotedCholesky } from './cholesky';
export { inverse, logdet, solve } from './solve';
export { lstsq, pinv, type LeastSquares, type RankOptions } from './least-squares';
export { principalAngles } from './principal-angles';
