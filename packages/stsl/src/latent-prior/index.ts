export { channelMoments, standardised, type ChannelMoments } from './standardised';
export { taef2Autoencoder, type LoadedAutoencoder, type Taef2Files } from './taef2-autoencoder';
export {
  latentNetwork,
  latentPrediction,
  latentSchedule,
  trainLatentPrior,
  type LatentNetworkSize,
  type LatentPrior,
  type TrainLatentPriorOptions,
} from './train-latent-prior';
